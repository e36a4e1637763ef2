"""``{% states "reasons" %}...{% endstates %}``: says of a passage in a message which required element it states."""

from django import template
from django.template import Context, NodeList, TemplateSyntaxError
from django.template.base import Parser, Token

from notifications.letters import LetterContext

register = template.Library()


class StatesNode(template.Node):
    """A passage and the word for what it states. Leaves no trace in what is sent."""

    def __init__(self, element: str, nodelist: NodeList) -> None:
        self.element = element
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        """Render the passage, and note it where somebody is listening."""
        passage = self.nodelist.render(context)
        if isinstance(context, LetterContext):
            context.note(self.element, passage)
        return passage


@register.tag
def states(parser: Parser, token: Token) -> StatesNode:
    """Mark a passage. The element is a literal, so that templates can be searched for it."""
    name, *arguments = token.split_contents()
    if len(arguments) != 1 or len(arguments[0]) < 3 or arguments[0][0] not in "\"'" or arguments[0][-1] not in "\"'":
        raise TemplateSyntaxError(f'{name} takes one word in quotes, as in {{% {name} "reasons" %}}')
    nodelist = parser.parse((f"end{name}",))
    parser.delete_first_token()
    return StatesNode(arguments[0][1:-1], nodelist)
