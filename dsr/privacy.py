"""A privacy class for every field that is stored. A test fails on a field nobody thought about.

From this register come masking, forgetting and the map of our own data. It names all three apps, because the
promise it makes is about the whole database.
"""

from enum import StrEnum


class PrivacyClass(StrEnum):
    """What a stored value can say about a person, and so what must happen to it."""

    OPERATIONAL = "operational"
    """Says nothing about who the person is: states, dates, counts, codes."""
    PSEUDONYM = "pseudonym"
    """A keyed fingerprint or number that finds a person's rows again. Emptied when the case is forgotten."""
    SEALED = "sealed"
    """A personal value under the case's data key. Unreadable for good once the key is destroyed."""
    SECRET = "secret"  # noqa: S105 - the name of a class, not a value of one
    """A digest of a token or code, or a wrapped key. Useless by itself."""
    STAFF = "staff"
    """Which colleague acted, or how to reach the owner of a system."""


_OPEN, _PSEUDONYM, _SEALED, _SECRET, _STAFF = (
    PrivacyClass.OPERATIONAL,
    PrivacyClass.PSEUDONYM,
    PrivacyClass.SEALED,
    PrivacyClass.SECRET,
    PrivacyClass.STAFF,
)

_BY_MODEL: dict[str, dict[PrivacyClass, str]] = {
    "notifications.DataKey": {_OPEN: "id wrapped_under created_at forgotten_at", _SECRET: "wrapped"},
    "notifications.Message": {
        _OPEN: "id kind language channel data_key about dedupe_key state due_at claimed_until lease attempts tries "
        "error_code transport_id created_at sent_at settled_at noted_at reported_at",
        _PSEUDONYM: "to_fingerprint",
        _SEALED: "to_sealed context_sealed body_sealed",
    },
    "verification.Challenge": {
        _OPEN: "id about data_key channel level method code_expires_at tries wrong sends created_at last_sent_at "
        "expires_at confirmed_at superseded_at lapsed_at",
        _PSEUDONYM: "address_fingerprint",
        _SEALED: "address_sealed",
        _SECRET: "token_hash code_hash",
    },
    "verification.Link": {_OPEN: "id challenge sent_at", _SECRET: "token_hash"},
    "verification.Grant": {
        _OPEN: "id purpose about created_at expires_at uses_left spent_at revoked_at",
        _SECRET: "token_hash",
    },
    "verification.Check": {
        _OPEN: "id about data_key method level state tries started_at expires_at ended_at",
        _SEALED: "workings_sealed",
        _SECRET: "token_hash",
        _STAFF: "verifier",
    },
    "verification.Evidence": {
        _OPEN: "id about purpose data_key vault_name media_type size received_at destroy_at destroyed_at",
    },
    "verification.Opening": {_OPEN: "id evidence why at", _STAFF: "by"},
    "verification.Agency": {_OPEN: "id name domain trusted_level active since"},
    "verification.Mandate": {
        _OPEN: "id about data_key kind scope agency may_receive child_age state checks expires_on made_at "
        "agent_confirmed_at principal_confirmed_at checked_at revoked_at",
        _PSEUDONYM: "agent_fingerprint",
        _SEALED: "agent_name_sealed agent_email_sealed principal_name_sealed principal_email_sealed",
        _STAFF: "checked_by",
    },
    "dsr.Signal": {_OPEN: "id submission code at data cleared_at", _STAFF: "cleared_by"},
    "dsr.Alert": {_OPEN: "id submission channel at answer answered_at", _PSEUDONYM: "fingerprint"},
    "dsr.Submission": {
        _OPEN: "id reference received_at channel language country region zone relationship notice_id notice_version "
        "rules_version regimes data_key idempotency_scope idempotency_key verified_at verified_level verified_method "
        "chain_seq chain_head created_at purge_at purged_at looked_at vouched held_until stopped_at for_other "
        "signed_in of_record sheltered door may_pass_on",
        _PSEUDONYM: "email_fingerprint phone_fingerprint account_fingerprint origin_fingerprint idempotency_digest",
        _SEALED: "name_sealed email_sealed phone_sealed identifiers_sealed proved_sealed standing_sealed",
    },
    "dsr.SubjectRequest": {
        _OPEN: "id submission right state outcome turn regime received_at due_at due_on last_on slack_at waits_for "
        "fee_told_at question_at proposal identity_floor identity_of_record identity_doubts "
        "prepared_at approved_at refusal_ground confirmed_at act_at searched_at ready_at closed_at version "
        "choice cpni_entry marks_standing marks_proposed marks_unseen "
        "about proposed_outcome",
        _SEALED: "details_sealed reason_sealed",
        _STAFF: "assignee prepared_by approved_by investigator",
    },
    "dsr.Customer": {_OPEN: "id name agreement answers_within active since", _STAFF: "contact"},
    "dsr.Referral": {
        _OPEN: "id number request customer door known categories made_at told_person_at agreed told_customer_at due_on "
        "confirmed_at word remind_at reminders",
        _STAFF: "made_by",
    },
    "dsr.AgeFinding": {
        _OPEN: "id request shelter under law found signs conflict guidance tell_account looked_at found_at final_at",
        _SEALED: "reason_sealed",
        _STAFF: "found_by confirmed_by",
    },
    "dsr.Enquiry": {
        _OPEN: "id request number at replied_at",
        _SEALED: "whom_sealed asked_sealed reply_sealed",
        _STAFF: "by",
    },
    "dsr.Finding": {
        _OPEN: "id request number at verdict",
        _SEALED: "point_sealed facts_sealed measure_sealed reason_sealed",
        _STAFF: "by",
    },
    "dsr.Remedy": {_OPEN: "id request number at due_on done_at", _SEALED: "what_sealed", _STAFF: "by owner done_by"},
    "dsr.OutsideReference": {
        _OPEN: "id request number at body received_on due_on set_by result ended_on",
        _SEALED: "reference_sealed outcome_sealed",
        _STAFF: "by owner",
    },
    "dsr.Event": {
        _OPEN: "id submission request seq at recorded_at verb actor via from_state to_state data prev_hash hash",
        _STAFF: "actor_id",
    },
    "dsr.RuleBook": {_OPEN: "version form documents made_at"},
    "dsr.Checkpoint": {_OPEN: "id at first_event last_event count prev_root root key_id signature"},
    "dsr.Deadline": {_OPEN: "id submission request kind ordinal due_at regime rule done_at claimed_until attempts"},
    "dsr.Pace": {_OPEN: "id right stage seconds n measured_at"},
    "dsr.System": {
        _OPEN: "id key name description connector data_key categories identifiers role active leaves_out",
        _SEALED: "config_sealed",
        _STAFF: "owner_name owner_email",
    },
    "dsr.Step": {
        _OPEN: "id request system state result code counts plan parcel due_at claimed_until lease attempts reminders "
        "started_at finished_at",
        _SEALED: "reason_sealed",
        _STAFF: "decided_by",
    },
    "dsr.WorksheetFile": {_OPEN: "id step task dataset media_type size vault_name at", _SEALED: "name_sealed"},
    "dsr.Attempt": {_OPEN: "id step number lease started_at ended_at result code"},
    "dsr.LedgerEntry": {_OPEN: "id request system category outcome count ground until at"},
    "dsr.Withholding": {
        _OPEN: "id request system category ground at lifted_at",
        _SEALED: "reason_sealed",
        _STAFF: "by",
    },
    "dsr.Weighing": {
        _OPEN: "id request use basis outcome ground vulnerable mark at",
        _SEALED: "content_sealed",
        _STAFF: "by",
    },
    "dsr.Argument": {
        _OPEN: "id request withholding ground proof_kind proof_on at replaced_at",
        _SEALED: "place_sealed author_sealed answers_sealed",
        _STAFF: "by",
    },
    "dsr.Transmission": {
        _OPEN: "id request package state offset named_at confirmed_at ended_at due_at claimed_until lease attempts "
        "code",
        _SEALED: "receiver_sealed place_sealed receipt_sealed",
    },
    "dsr.Mark": {
        _OPEN: "id request step parcel what kind ground state dataset field record file at looked_at ended_at",
        _SEALED: "text_sealed reason_sealed",
        _STAFF: "by looked_by",
    },
    "dsr.Choice": {
        _OPEN: "id purpose act channels topics via at recorded_at must_by country language evidence invented data_key "
        "effective_at late_told_at",
        _SEALED: "who_sealed",
        _STAFF: "entered_by",
    },
    "dsr.Suppression": {_OPEN: "id purpose channel topic stopped at written_at choice", _PSEUDONYM: "digest"},
    "dsr.Window": {
        _OPEN: "id choice system words opened_at must_by due_at look_at lease attempts code with_owner_at late_at "
        "done_at",
        _SEALED: "cursor_sealed",
    },
    "dsr.EffectDay": {_OPEN: "id system day within number"},
    "dsr.BrowserHeard": {_OPEN: "id at", _PSEUDONYM: "digest"},
    "dsr.CpniAccount": {_OPEN: "id lines head invented", _PSEUDONYM: "digest"},
    "dsr.CpniEntry": {
        _OPEN: "id account seq kind at recorded_at day channel authority uses services medium notice_version evidence "
        "about merged prev_hash hash",
        _PSEUDONYM: "actor",
        _STAFF: "entered_by",
    },
    "dsr.CpniLetter": {_OPEN: "id entry data_key forgotten_at"},
    "dsr.CpniUse": {
        _OPEN: "id campaign use service at allowed because entry",
        _PSEUDONYM: "digest",
        _STAFF: "asked_by",
    },
    "dsr.Task": {
        _OPEN: "id request system kind ordinal state result code late data_key terms lines due_at claimed_until "
        "lease attempts reminders made_at started_at finished_at",
        _PSEUDONYM: "known_as",
        _SEALED: "cursor_sealed changes_sealed note_sealed",
        _STAFF: "decided_by",
    },
    "dsr.Kept": {
        _OPEN: "id request system dataset category ground rule hold count until check_at ended_at data_key",
        _SEALED: "handles_sealed",
    },
    "dsr.Tombstone": {_OPEN: "id kind purpose country region regimes at", _PSEUDONYM: "digest"},
    "dsr.Certificate": {_OPEN: "id request number document at"},
    "dsr.LegalHold": {
        _OPEN: "id ground silent everybody categories systems from_on to_on review_on reminded_on state proposed_at "
        "confirmed_at lifting_at ended_at data_key",
        _SEALED: "matter_sealed lifting_reason_sealed",
        _STAFF: "owner proposed_by confirmed_by lifting_by ended_by",
    },
    "dsr.HeldPerson": {_OPEN: "id hold kind", _PSEUDONYM: "fingerprint"},
    "dsr.RetentionChange": {
        _OPEN: "id rule event floor ceiling yields ground reason number state proposed_at decided_at",
        _STAFF: "proposed_by decided_by",
    },
    "dsr.Incident": {
        _OPEN: "id kind system mechanism opened_at due_on warn_at working acknowledged_at reported_at closed_at "
        "data_key",
        _SEALED: "notice_sealed reason_sealed",
        _STAFF: "acknowledged_by reported_by closed_by",
    },
    "dsr.InboundMail": {
        _OPEN: "id validity uid received_at kept_at moved_at stays size whole vault_name data_key state claimed_until "
        "attempts read_at kind rights flags rank due_at warned_at case end code done_at rounds purge_at purged_at",
        _PSEUDONYM: "mail_fingerprint sender_fingerprint",
        _SEALED: "sender_sealed subject_sealed because_sealed",
        _STAFF: "proposed_by done_by",
    },
    "dsr.MailEntry": {_OPEN: "id mail at move facts", _STAFF: "by"},
    "dsr.MailboxState": {_OPEN: "id claimed_until reached_at failing_since error"},
    "dsr.Probe": {_OPEN: "id path made_at sent_at stage result code systems due_at claimed_until ended_at"},
    "dsr.AuthorityCase": {
        _OPEN: "id authority office state outcome received_on due_on zone entered_at prepared_at approved_at sent_on "
        "closed_at ended_on warn_at purge_at purged_at version chain_seq chain_head data_key",
        _SEALED: "reference_sealed subject_sealed answer_sealed place_sealed",
        _STAFF: "owner entered_by prepared_by approved_by",
    },
    "dsr.CaseLink": {_OPEN: "id case submission request at told_at"},
    "dsr.CaseMeasure": {
        _OPEN: "id at case number due_on warn_at done_at lifted_at",
        _SEALED: "what_sealed place_sealed",
        _STAFF: "owner done_by",
    },
    "dsr.CaseEntry": {
        _OPEN: "id at case seq verb via from_state to_state data prev_hash hash",
        _SEALED: "text_sealed",
        _STAFF: "actor_id",
    },
    "dsr.IncidentEntry": {_OPEN: "id incident at move facts", _STAFF: "by"},
    "dsr.CorrectionItem": {
        _OPEN: "id request number places is_login decision ground decided_at statement_at",
        _SEALED: "about_sealed held_sealed asked_sealed reason_sealed statement_sealed",
        _STAFF: "decided_by",
    },
    "dsr.Restriction": {_OPEN: "id request system since told_at ends_at lifted_at"},
    "dsr.Package": {
        _OPEN: "id request number vault_name size sha256 manifest built_at expires_at destroyed_at downloads",
    },
    "dsr.Post": {_OPEN: "id submission request direction at read_at", _SEALED: "body_sealed", _STAFF: "author"},
    "dsr.ApiToken": {_OPEN: "created expiry scopes last_used_on", _SECRET: "digest token_key", _STAFF: "user name"},
    "dsr.Webhook": {
        _OPEN: "id data_key name kinds old_secret_until active made_at disabled_at disabled_because failing_since "
        "version",
        _SEALED: "url_sealed secret_sealed old_secret_sealed",
        _STAFF: "owner",
    },
    "dsr.WebhookDelivery": {
        _OPEN: "id webhook event kind body made_at due_at claimed_until lease attempts tried_at status code done_at "
        "given_up_at",
    },
    "dsr.AutomatedDecision": {
        _OPEN: "id system reference kind decided_at rule_version score threshold legal_basis sole_factor notice_at "
        "notice_version fraud_signals confirm_by recorded_at by_hand keep_until forgotten_at data_key",
        _PSEUDONYM: "digest inputs_digest",
        _SEALED: "who_sealed inputs_sealed output_sealed effect_sealed notice_sealed confirm_sealed",
        _STAFF: "involved line owner_email recorded_by",
    },
    "dsr.DecidedPerson": {_OPEN: "id decision kind", _PSEUDONYM: "fingerprint"},
    "dsr.Reviewer": {_OPEN: "id active trained_on kinds systems", _STAFF: "user line reports_to"},
    "dsr.Review": {
        _OPEN: "id request number decision linked_at trained_on authority taken_at asked_at asked_until "
        "represented_at none_sent_at measure beat_at active_seconds concluded_at verdict flags effect effect_due_at "
        "claimed_until lease attempts code effect_at effect_by data_key",
        _PSEUDONYM: "likeness",
        _SEALED: "weighed_sealed measure_sealed reasons_sealed right_sealed alternatives_sealed plain_sealed "
        "change_sealed confirmation_sealed",
        _STAFF: "reviewer role",
    },
    "dsr.ReviewMaterial": {_OPEN: "id review name document at"},
    "dsr.ReviewPoint": {_OPEN: "id review number answered_at", _SEALED: "text_sealed answer_sealed"},
    "dsr.IdempotentAnswer": {_OPEN: "id scope key status body at", _PSEUDONYM: "digest"},
}

FIELDS: dict[str, PrivacyClass] = {
    f"{model}.{field}": privacy_class
    for model, classes in _BY_MODEL.items()
    for privacy_class, fields in classes.items()
    for field in fields.split()
}
"""``app.Model.field`` to its class."""


def of_class(privacy_class: PrivacyClass, model: str = "") -> tuple[str, ...]:
    """Return the fields of one class, of one model or of all."""
    return tuple(
        name for name, found in FIELDS.items() if found is privacy_class and (not model or name.startswith(f"{model}."))
    )
