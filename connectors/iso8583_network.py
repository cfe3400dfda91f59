"""Answers to network management: a switch keeps a line only while its sign-ons and echoes are answered."""

import iso8583

from connectors.errors import CardSpecError
from connectors.iso8583_frames import Framing, frame
from connectors.iso8583_spec import CardSpec, wire_spec

# What is asked in field 70. Others mean more than that somebody is there: new keys, another day.
_SIGN_ON, _SIGN_OFF, _ECHO = "001", "002", "301"
_ANSWERED = frozenset({_SIGN_ON, _SIGN_OFF, _ECHO})
_REPEATED = ("7", "11", "12", "13", "32", "33", "37", "70")
_APPROVED = "00"


class NetworkAnswers:
    """Answers sign-on, sign-off and echo (0800) with an approval (0810); anything else with nothing."""

    def __init__(self, spec: CardSpec, framing: Framing) -> None:
        """Answer in the network's way. Raises CardSpecError where a header would have to be answered too."""
        if spec.header_bytes:
            raise CardSpecError(
                f"{spec.network} has a header of {spec.header_bytes} bytes, and an answer needs one that is "
                "not known here; leave network management to the switch's own client"
            )
        self._wire = wire_spec(spec)
        self._framing = framing

    def answer(self, data: bytes) -> bytes | None:
        """Give the answer to a message, with its length before it, where it is one that is answered."""
        try:
            asked, _ = iso8583.decode(data, self._wire)
        except (iso8583.DecodeError, KeyError):
            return None
        if asked["t"][1:3] != "80" or asked.get("70") not in _ANSWERED:
            return None
        said = {key: asked[key] for key in _REPEATED if key in asked}
        said |= {"t": f"{asked['t'][:2]}10", "39": _APPROVED}
        try:
            encoded, _ = iso8583.encode(said, self._wire)
        except iso8583.EncodeError:
            return None
        return frame(bytes(encoded), self._framing)
