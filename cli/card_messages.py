"""What the commands share that read card messages: the network's spec, the key for tokens, the patience."""

from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import click

from cli.desk_options import options
from cli.shared_secret import read_secret
from connectors.card_tokens import CardTokens
from connectors.iso8583_pairing import Pairing
from connectors.iso8583_spec import CardSpec, known_specs, load_spec
from connectors.iso8583_translator import CardTranslator

KEY_VARIABLE = "RISKDESK_CARD_KEY"
Unanswered = Literal["declined", "approved"]

CARDS = options(
    click.option(
        "--spec",
        required=True,
        help=f"How the network writes: {', '.join(known_specs())}, or a .yaml file of yours.",
    ),
    click.option(
        "--card-key",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"File, readable by you alone, with the key for the tokens of cards; else {KEY_VARIABLE} is it.",
    ),
    click.option(
        "--unanswered",
        type=click.Choice(["declined", "approved"]),
        default="declined",
        show_default=True,
        help="What a request counts as whose response is not seen; approved where only requests come.",
    ),
)


class Cards(NamedTuple):
    """How card messages are read; as `CARDS` gives it."""

    spec: str
    card_key: Path | None
    unanswered: str

    def read_spec(self) -> CardSpec:
        """Read the spec; raises CardSpecError."""
        return load_spec(self.spec)

    def translator(self, spec: CardSpec, **patience: Any) -> CardTranslator:
        """Give what reads messages; raises CardKeyError without a key that is long enough."""
        tokens = CardTokens(read_secret(self.card_key, KEY_VARIABLE))
        pairing = Pairing(unanswered=cast("Unanswered", self.unanswered), **patience)
        return CardTranslator(spec, tokens, pairing)
