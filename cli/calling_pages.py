"""How calls look on a screen: the script before the agent, and the numbers with what is known about them."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cases.calling.call_scripts import Language, Script, Words
from cases.calling.contacts import Number
from cases.calling.service import Calling
from cli.desk_times import Times
from domain.instants import from_ms
from domain.wording import counted

_INDENT = 5


def script_page(script: Script, language: Language) -> RenderableType:
    """Give a call script as the agent reads it, from the opening to the boxes to tick."""
    parts: list[RenderableType] = [
        Text(f"{script.title.of(language)}  ({script.name}, version {script.version})", "bold"),
        *_part("Opening", [script.opening], language),
        *_part("Verify the person", script.verify, language),
        *_part("Ask", script.ask, language),
        *_part("NEVER ask for", script.never_ask, language, "bold red"),
        *_part("Voicemail", [script.voicemail], language),
        *_part("Somebody else answers", [script.third_party], language),
        *_part("Closing", [script.closing], language),
        Text("\nChecklist", "bold"),
    ]
    parts += [_below(f"[ ] {step.id}: {step.words.of(language)}") for step in script.checklist]
    return Group(*parts)


def tried_page(sentences: Iterable[tuple[str, str]]) -> RenderableType:
    """Give what was tried to reach each of those whom a case calls."""
    lines = [_below(f"{subject}: {sentence}") for subject, sentence in sentences]
    return Group(Text("\nCalls", "bold"), *lines) if lines else Group()


def calls_page(calls: Iterable[Calling], now_ms: int, times: Times) -> RenderableType:
    """Give the calls of a case: whom, on which numbers, what was tried, and when the next may be made."""
    parts: list[RenderableType] = []
    for call in calls:
        parts.append(Text(f"task {call.task_id}  {call.subject}  {call.state}", "bold"))
        local = from_ms(now_ms).astimezone(ZoneInfo(call.zone))
        when = "now" if call.opens_ms is None else f"from {times.whole(call.opens_ms)}"
        parts.append(_below(f"may be called {when}; it is {local:%H:%M} in {call.zone}"))
        parts.append(_below(call.tried))
        parts += [_below(wish.words) for wish in call.wishes if not wish.reference]
        parts += [_below(_number_words(number, call)) for number in call.numbers] or [
            _below("no number on record")
        ]
    return Group(*parts) if parts else Text("no call in this case")


def _number_words(number: Number, call: Calling) -> str:
    sign = ">" if number.reference == call.next else " "
    state = number.why_not and f"not to be rung: {number.why_not}"
    tried = f"tried {counted(number.tried, 'time')}" if number.tried else "not tried"
    words = (f"{sign} {number.reference}", number.kind, tried, state or number.caution)
    return "  ".join(word for word in words if word)


def _part(
    title: str, lines: Iterable[Words], language: Language, style: str = "bold"
) -> Iterable[RenderableType]:
    yield Text(f"\n{title}", style)
    for line in lines:
        yield _below(line.of(language))


def _below(text: str) -> Padding:
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return Padding(Text(plain), (0, 0, 0, _INDENT), expand=False)
