"""Every type of problem the interface can answer with, as data: what it means and what to do about it.

The codes are public interface: programs branch on them. Each has a page at ``/api/problems/<code>/``.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One type of problem: its stable code, usual status, what it means, and the way on."""

    code: str
    status: int
    title: str | Promise
    meaning: str | Promise
    remedy: str | Promise


# fmt: off
_TYPES = (
    # what came cannot be read
    ProblemType("unreadable", 400, _("The request cannot be read"),
        _("The body is no JSON document in UTF-8, is empty where one is needed, or is nested too deeply."),
        _("Send one JSON object. The sentence in “detail” says at which place reading stopped.")),
    ProblemType("bad-header", 400, _("A header cannot be used"),
        _("A header such as If-Match or Idempotency-Key is not written as its specification says."),
        _("“errors” names the header and says how to write it.")),
    ProblemType("bad-parameter", 400, _("A parameter in the address cannot be used"),
        _("A parameter after the question mark is unknown, missing, given twice, or has a value it cannot have."),
        _("“errors” names each parameter with a sentence.")),
    ProblemType("bad-cursor", 400, _("The cursor cannot be used"),
        _("A cursor belongs to the list and the filters it came with, and is not meant to be made by hand."),
        _("Start again from the first page, and follow “next” and “previous” as they are given.")),
    ProblemType("incomplete", 422, _("Something is missing or cannot be used"),
        _("The body was read, but some of its values are missing, of another type, unknown or not allowed."),
        _("“errors” points at each place (JSON pointer, RFC 6901) with a sentence. Correct them and send again.")),
    ProblemType("missing-input", 422, _("The step needs more"),
        _("This step of the lifecycle needs values that were not sent."),
        _("The list of open steps names the inputs of each.")),
    # who is asking
    ProblemType("not-authenticated", 401, _("A token is needed"),
        _("The request carries no bearer token."),
        _("Send “Authorization: Bearer <token>”. Tokens are made with manage.py api_token create.")),
    ProblemType("invalid-token", 401, _("The token is not valid"),
        _("The token is unknown, has expired, or its owner's account is closed. Which of these is not said."),
        _("Have a new token made.")),
    ProblemType("insufficient-scope", 403, _("The token does not reach this far"),
        _("The call needs a scope that the token does not have."),
        _("Use a token with one of the scopes that the sentence names.")),
    ProblemType("not-permitted", 403, _("The token's owner may not do this"),
        _("A token can do no more than its owner. The owner's account lacks the permission behind the token's scope."),
        _("Have an administrator give the permission to the owner, or use another token.")),
    ProblemType("not-allowed", 403, _("Not allowed"),
        _("This caller may not do this."), _("The sentence says why.")),
    ProblemType("not-your-move", 403, _("Not this caller's step"),
        _("The lifecycle gives this step to somebody else, for example to an approver."),
        _("The list of open steps shows what this caller can do now.")),
    ProblemType("own-case", 403, _("A case about yourself"),
        _("Nobody handles a case about themselves."), _("Leave it to a colleague.")),
    ProblemType("not-revealing", 403, _("Personal values stay hidden"),
        _("The owner's account may not see personal values in full."),
        _("Ask a colleague who may, or work with the masked values.")),
    ProblemType("four-eyes", 403, _("A second person is needed"),
        _("Whoever prepared an answer or a refusal may not approve it."), _("Have somebody else approve it.")),
    # what is asked for
    ProblemType("not-found", 404, _("There is no such thing"),
        _("It does not exist, or it is not this caller's to see. The two look alike on purpose."),
        _("Check the address and the id.")),
    ProblemType("method-not-allowed", 405, _("The method does not fit"),
        _("This address does not take this method."), _("The header Allow names those it takes.")),
    ProblemType("not-acceptable", 406, _("Only JSON is spoken here"),
        _("The header Accept leaves out application/json."), _("Accept application/json, or leave the header out.")),
    ProblemType("too-large", 413, _("The body is too large"),
        _("The body has more bytes than this call takes."), _("The sentence says how many it takes.")),
    ProblemType("unsupported-media-type", 415, _("Only JSON is taken"),
        _("The body came as something else than application/json."), _("Send “Content-Type: application/json”.")),
    # what stands in the way
    ProblemType("wrong-state", 409, _("Not in this state"),
        _("The request is in a state in which this cannot be done."),
        _("Look at the request again; the list of open steps says what can be done now.")),
    ProblemType("not-for-this-right", 409, _("Not for this right"),
        _("Requests of this kind have no such step."), _("The list of open steps shows those they have.")),
    ProblemType("unknown-move", 404, _("There is no such step"),
        _("The word is not a step that can be made through this interface."),
        _("The list of open steps shows the words.")),
    ProblemType("identity-missing", 409, _("Identity not confirmed"),
        _("The person has not confirmed who they are, and this right needs it."),
        _("Wait for the person to confirm the address.")),
    ProblemType("forbidden-by-law", 409, _("A law forbids it"),
        _("The law that governs the request does not allow this step now. “rule” names the rule, “source” where it "
          "stands."),
        _("The sentence says what the law allows. The clocks of the request show every date and why it is so.")),
    ProblemType("fee-open", 409, _("A fee is open"),
        _("The person was told about a fee and has not answered yet."),
        _("Wait for the answer, record it, or answer without the fee.")),
    ProblemType("no-fee", 409, _("No fee is open"),
        _("The person was not told about a fee, or has answered."), _("Look at the request.")),
    ProblemType("rules-in-force", 409, _("Under the rules in force already"),
        _("The request is answered under the rules that are in force, so there are no others to move it to."),
        _("Leave it as it is.")),
    ProblemType("rules-do-not-fit", 409, _("The rules in force do not fit"),
        _("The rules in force no longer hold a law or the notice that the request is answered under."),
        _("Leave it under the rules it came in under, or add what is missing to the rule files.")),
    ProblemType("refusal-in-time", 409, _("It is not too late"),
        _("The last day for telling a refusal has not gone by."), _("Refuse in the ordinary way.")),
    ProblemType("already-prepared", 409, _("A proposal is waiting"),
        _("Somebody has proposed how to answer, and that waits for approval."),
        _("Have it approved, or send it back first.")),
    ProblemType("not-prepared", 409, _("Nothing is proposed"),
        _("Nobody has proposed how to answer yet."), _("Prepare the answer first.")),
    ProblemType("refusal-not-prepared", 409, _("No refusal is proposed"),
        _("A refusal needs a coded ground and reasons, proposed by somebody else than who refuses."),
        _("Propose the refusal first.")),
    ProblemType("search-open", 409, _("The search is not over"),
        _("Some systems have not answered."), _("Wait, ask them again, or decide to go on without them.")),
    ProblemType("system-answered", 409, _("The system has answered"),
        _("There is nothing to ask this system again for, and nothing to go on without."),
        _("Look at the request; its steps show what each system answered.")),
    ProblemType("no-question", 409, _("No open question"),
        _("The person was not asked anything that is still open."), _("Send a message instead.")),
    ProblemType("not-lapsed", 409, _("Not lapsed"),
        _("Only a request that lapsed for want of identity can be reopened."), _("File a new one if need be.")),
    ProblemType("purged", 409, _("The personal data is gone"),
        _("The personal data of this case has been deleted on schedule; only its history is left."),
        _("The person has to make a new request.")),
    ProblemType("not-due", 409, _("Not due yet"),
        _("The person still has time."), _("Wait for the date.")),
    ProblemType("no-answer", 409, _("There is no answer"),
        _("No answer was built, or its files are gone."), _("Look at the request to see what was given and when.")),
    ProblemType("answer-kept", 409, _("The answer is still kept"),
        _("The files of the answer have not been destroyed."), _("Issue the same answer again instead.")),
    ProblemType("no-standing-rule", 409, _("No standing rule"),
        _("No rule of the organisation releases this kind of request without people."), _("Have people decide.")),
    ProblemType("not-plain", 409, _("Not a plain case"),
        _("Something is missing or held back, so no standing rule applies."), _("Have people decide.")),
    ProblemType("idempotency-conflict", 409, _("The key was used for something else"),
        _("An Idempotency-Key stands for one request. This one came before with other content."),
        _("Use a new key for a new request, and the same key only to repeat the same one.")),
    ProblemType("idempotency-in-flight", 409, _("The first request is still running"),
        _("A request with the same Idempotency-Key is being worked on."),
        _("Wait as Retry-After says and repeat it; the answer will be that of the first.")),
    ProblemType("stale", 412, _("It has changed"),
        _("The thing has another version than the one in If-Match: somebody changed it since."),
        _("Read it again, decide again, and send the new ETag.")),
    # how often
    ProblemType("too-many", 429, _("Too many requests"),
        _("The token, or the address without one, has used up what it may ask for in this span of time."),
        _("Wait as Retry-After says. The header RateLimit shows how much is left.")),
    # our side
    ProblemType("unexpected", 500, _("Something went wrong here"),
        _("A fault of ours. It has been recorded; nothing was half done."),
        _("Repeat the request later with the same Idempotency-Key, and give the X-Request-ID if you report it.")),
    ProblemType("unavailable", 503, _("Not available for the moment"),
        _("The service cannot reach something it needs. Nothing was done."),
        _("Repeat the request as Retry-After says, with the same Idempotency-Key.")),
)
# fmt: on

TYPES: dict[str, ProblemType] = {each.code: each for each in _TYPES}
