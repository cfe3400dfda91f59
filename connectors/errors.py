"""What can go wrong at the ways in and out, each with a message that says what to do.

ConnectorError
├── InputError              what is given to read is not there, given twice, or cannot be told apart
├── BrokenFileError         a file is damaged, cut short, truncated, or another lies in its place
│   ├── UnfitColumnsError      a Parquet file has columns that no event can come of
│   └── MissingLibraryError    what reads files of this kind is not installed
├── FolderError             the folder that events go into cannot be written, or another process writes to it
├── ListenError             a port cannot be listened on, or what is to protect it cannot be used
├── CardSpecError           what says how a network writes its messages is wrong
├── CardKeyError            the key that makes tokens of card numbers is missing or too short
├── BadFrameError           a length before a message cannot be right, so nobody knows where the next begins
├── WebhookError            alerts could not be delivered to an address, or it refused them
├── BadRowError             a row of outside data cannot be right
├── BadReferenceError       lines are no reference records
├── BrokenAlertFileError    an alert file holds something else, or half of a line
├── ReceiverAddressError    the address of who takes messages, or the secret shared with it, cannot be used
│   └── BankAddressError    the same of the bank's core systems
├── DialerAddressError      the same of a telephone system's
├── KafkaTroubleError      something about Kafka
│   ├── KafkaRefusedError      we are not known, not allowed, or the settings do not fit the broker
│   ├── BrokerAwayError        no broker answered for longer than the profile's patience
│   ├── TopicGoneError         a topic or partition is not there
│   ├── OffsetGoneError        messages were removed before they were read, or the topic is another one
│   ├── PartitionsAddedError   a topic has more partitions than when the flow began
│   └── NotDeliveredError      the broker has not taken a message
└── PositionTooNewError     a newer riskdesk left the position in the recovery store
"""

from collections.abc import Sequence


class ConnectorError(Exception):
    """Anything that a way in or out refuses; its message is fit for an operator."""


class InputError(ConnectorError):
    """The files to read are not there, none, given twice, or of a size that cannot work."""


class BrokenFileError(ConnectorError):
    """A file cannot be read on: it is damaged, cut short, truncated, or another lies in its place."""


class UnfitColumnsError(BrokenFileError):
    """A Parquet file has columns of types that no event can come of; the text says which and what to do."""


class MissingLibraryError(BrokenFileError):
    """What reads files of this kind is not installed."""


class FolderError(ConnectorError):
    """The folder that events go into cannot be written, or another process writes to it."""


class ListenError(ConnectorError):
    """A port cannot be listened on, or what is to protect it cannot be used."""


class CardSpecError(ConnectorError):
    """A spec of card messages cannot be read by, or there is none of that name."""


class CardKeyError(ConnectorError):
    """The key that makes tokens of card numbers is missing or too short; the message never holds it."""


class BadFrameError(ConnectorError):
    """A length before a message cannot be right, so that nobody knows where the next one begins."""


class WebhookError(ConnectorError):
    """Alerts could not be delivered to an address, or it refused them; none was skipped."""


class BadRowError(ConnectorError):
    """A row of outside data cannot be right."""


class BadReferenceError(ConnectorError):
    """Lines that are no reference records; `complaints` says of each where it is and what is wrong."""

    def __init__(self, complaints: Sequence[str], *, all_read: bool) -> None:
        """Keep the complaints, one for each bad line; not `all_read` says that there may be more."""
        self.complaints = tuple(complaints)
        more = "" if all_read else ", and perhaps more"
        lines = "line is" if len(complaints) == 1 else "lines are"
        super().__init__("\n".join((f"{len(complaints)} {lines} no reference record{more}:", *complaints)))


class BrokenAlertFileError(ConnectorError):
    """An alert file holds something else, or half of a line as it is still being written."""


class ReceiverAddressError(ConnectorError, ValueError):
    """The address of a receiver, or the secret shared with it, cannot be used; the secret is never named."""


class BankAddressError(ReceiverAddressError):
    """The bank's address or the secret shared with it cannot be used; the message never holds the secret."""


class DialerAddressError(ConnectorError):
    """The telephone system's address or the secret shared with it cannot be used."""


class KafkaTroubleError(ConnectorError):
    """Something about Kafka that the flow cannot go on with."""


class KafkaRefusedError(KafkaTroubleError):
    """The broker does not know us or does not allow it; waiting changes nothing."""


class BrokerAwayError(KafkaTroubleError):
    """No broker answered for longer than the profile's patience."""


class TopicGoneError(KafkaTroubleError):
    """A topic, or a partition of one, is not there."""


class OffsetGoneError(KafkaTroubleError):
    """Messages were removed before they were read, or another topic has taken the name."""


class PartitionsAddedError(KafkaTroubleError):
    """A topic has more partitions than when the flow began; a start takes them in."""


class NotDeliveredError(KafkaTroubleError):
    """The broker has not taken a message."""


class PositionTooNewError(ConnectorError):
    """A newer riskdesk left the position in the recovery store."""
