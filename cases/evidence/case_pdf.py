"""The document of a case that people read: who, what, in which order, and what the bank did about it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from cases.actions.action import Action
from cases.calling.sentence import tried_sentence
from cases.evidence.case_words import (
    action_state,
    amount_figures,
    amount_words,
    deeds,
    event_words,
    evidence_words,
    lasted_words,
    plain,
    result_words,
    rule_words,
    standing_words,
)
from cases.evidence.dossier import Dossier, party_of
from cases.evidence.paper import Paper
from cases.evidence.parts import transaction_rows
from domain.card_masking import mask_text
from domain.instants import from_ms, to_ms
from domain.wording import counted, listed

# What the desk's own bookkeeping adds to a timeline; it stays in timeline.jsonl.
_BOOKKEEPING = frozenset(
    {
        *("renewed", "draft", "ranked", "concerns", "grew", "promoted", "task_added", "lease_expired"),
        *("release_reason", "call_overran", "put_off", "woke"),
    }
)
_TOKENS = (
    "Customers, cards and places are named by the bank's own tokens, which the bank resolves on a lawful "
    "request. It keeps no card number and no telephone number here: of a card the last four digits are given."
)
_TRUST = (
    "README.txt says how to check the signature with common tools. Ask the bank for the name of its key by "
    "another way than this package. The files beside this document:"
)


def case_pdf(dossier: Dossier, export: Action, files: Mapping[str, str], key_id: str) -> bytes:
    """Give the document; `files` are the other parts of the package with their SHA-256, `key_id` who signs.

    `export` is the approved action that lets the package leave the house.
    """
    page = _Page(dossier)
    for section in (page.summary, page.parties, page.alerts, page.transactions, page.events, page.calls):
        section()
    page.actions()
    page.orders()
    page.signatures(export, files, key_id)
    return page.paper.bytes()


class _Page:
    """Writes the sections of one dossier."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._zone = ZoneInfo(dossier.zone)
        as_of = f"as on record at {self._at(dossier.changed_ms)}"
        title = f"Evidence in case {dossier.id}"
        footer = f"Case {dossier.id}, {as_of}. Times are those of {dossier.zone}."
        self.paper = Paper(title, footer, from_ms(dossier.changed_ms))
        self.paper.title_block(title, f"{dossier.case['words']}, {as_of}")

    def summary(self) -> None:
        """Say in a few lines what the case is."""
        kept, case = self._dossier, self._dossier.case
        first, last = kept.alerts[0], kept.alerts[-1]
        merged = f", with {listed(kept.merged)} merged into it" if kept.merged else ""
        closed = f" at {self._at(case['closed_at_ms'])}" if case["closed_at_ms"] else ""
        self.paper.heading("In short")
        self.paper.facts(
            (
                ("Case", f"{kept.id}{merged}"),
                ("What it is about", case["words"]),
                ("Where it stands", f"{standing_words(case)}{closed}"),
                ("First noticed", f"{self._moment(first['at'])}: {first['reason']}"),
                ("Last noticed", "" if last is first else f"{self._moment(last['at'])}: {last['reason']}"),
                ("Money at risk", amount_words(case["exposure_minor"], case["currency"])),
                ("Expected loss", amount_words(case["expected_loss_minor"], case["currency"])),
                *((f"Calls to {party.replace(':', ' ')}", self._sentence(party)) for party in kept.tried()),
                ("What the bank did", deeds(kept.actions)),
            )
        )

    def parties(self) -> None:
        """Say who is concerned: tokens, and of cards the last four digits, never the number."""
        self.paper.heading("Who is concerned")
        self.paper.paragraph(_TOKENS, style="faint")
        self.paper.grid(
            ("Customer", "Time zone", "Cards"), (30, 20, 50), self._customers(), "No customer is known."
        )
        self.paper.grid(
            ("Card", "Ends in", "Customer", "Opened at branch", "Opened"),
            (30, 10, 22, 16, 22),
            self._cards(),
            "No card is known.",
        )
        places = dict.fromkeys(
            (alert["scope"], alert["key"], plain(alert["detector"]))
            for alert in self._dossier.alerts
            if alert["scope"] not in ("card", "customer")
        )
        if places:
            self.paper.grid(("Kind", "Place or group", "Watched for"), (20, 45, 35), places, "")

    def alerts(self) -> None:
        """Say what was noticed and what that rests on."""
        self.paper.heading("What was noticed")
        for number, alert in enumerate(self._dossier.alerts, 1):
            at_risk = amount_figures(alert["exposure_minor"], alert["currency"])
            self.paper.paragraph(f"{number}. {self._moment(alert['at'])}: {alert['reason']}", style="strong")
            self.paper.facts(
                (
                    ("Rule", f"{rule_words(alert)}; severity {alert['severity']}; at risk {at_risk}"),
                    ("Evidence", evidence_words(alert, self._moment)),
                    ("Alert", alert["id"]),
                )
            )

    def transactions(self) -> None:
        """List the transactions that the alerts name."""
        self.paper.heading("Transactions that the alerts name")
        self.paper.grid(
            ("Transaction", "Time", "Card", "Ends in", "Amount", "Where", "Why"),
            (17, 20, 16, 8, 13, 14, 12),
            (
                (
                    row["event"],
                    self._moment(row["at"]) if row["at"] else "",
                    row["card"] or "",
                    row["last4"] or "",
                    ""
                    if row["amount_minor"] is None
                    else amount_figures(row["amount_minor"], row["currency"]),
                    row["where"] or "",
                    row["role"],
                )
                for row in transaction_rows(self._dossier)
            ),
            "None is named.",
        )

    def events(self) -> None:
        """Tell what happened, in order."""
        self.paper.heading("What happened, in order")
        rows = [each for each in self._dossier.events if each["what"] not in _BOOKKEEPING]
        self.paper.grid(
            ("Time", "Who", "What"),
            (24, 16, 60),
            ((self._at(each["at_ms"]), each["actor"], event_words(each)) for each in rows),
            "Nothing.",
        )
        left = len(self._dossier.events) - len(rows)
        if left:
            said = f"{counted(left, 'line')} of the desk's own bookkeeping left out; timeline.jsonl has them."
            self.paper.paragraph(said, style="faint")

    def calls(self) -> None:
        """Tell how the parties were tried."""
        self.paper.heading("Calls")
        for party in self._dossier.tried():
            said = f"{party.replace(':', ' ')}: {self._sentence(party)}."
            self.paper.paragraph(said, style="strong")
        self.paper.grid(
            ("Began", "Lasted", "Party", "Number", "By", "Result", "Recording"),
            (22, 11, 15, 13, 11, 17, 11),
            (
                (
                    self._at(each["started_at_ms"]),
                    lasted_words(each),
                    party_of(each).partition(":")[2],
                    each["reference"],
                    each["agent"],
                    result_words(each),
                    each.get("recording_ref") or "none given",
                )
                for each in self._dossier.attempts
            ),
            "Nobody was called.",
        )

    def actions(self) -> None:
        """Tell what the bank did, who decided it, who checked it, and on what basis."""
        self.paper.heading("What the bank did")
        self.paper.grid(
            ("Made", "Action and reason", "Basis", "Decided by", "Checked by", "State"),
            (20, 28, 13, 13, 16, 10),
            (
                (
                    self._at(each.made_at_ms),
                    f"{plain(each.kind)} of {each.target}: {mask_text(each.reason)}",
                    str(each.basis or "-"),
                    f"{each.maker} ({each.maker_role})",
                    self._checker(each),
                    action_state(each),
                )
                for each in self._dossier.actions
            ),
            "Nothing yet.",
        )

    def orders(self) -> None:
        """Cite the orders of authorities that actions rest on."""
        if not self._dossier.orders:
            return
        self.paper.heading("Orders of authorities")
        self.paper.grid(
            ("Order", "Authority", "Covers", "From", "Until", "Received"),
            (15, 19, 18, 16, 16, 16),
            (
                (
                    each["number"],
                    each["authority"],
                    ", ".join(orjson.loads(each["scope"])),
                    self._at(each["term_from_ms"]),
                    self._at(each["term_to_ms"]),
                    f"{self._at(each['received_at_ms'])} by {each['received_by']}",
                )
                for each in self._dossier.orders
            ),
            "",
        )

    def signatures(self, export: Action, files: Mapping[str, str], key_id: str) -> None:
        """Say who let this leave the house, and how to see that nothing was changed since."""
        asked = f"{export.maker} ({export.maker_role}) at {self._at(export.made_at_ms)}"
        signed = f"key {key_id} (Ed25519), over manifest.json, which holds the SHA-256 of every file"
        self.paper.heading("Who signed, and how to check")
        self.paper.facts(
            (
                ("Export asked for by", f"{asked}: {mask_text(export.reason)}"),
                ("Export approved by", f"{export.checker} at {self._at(export.checked_at_ms)}"),
                ("Signed with", signed),
            )
        )
        self.paper.paragraph(_TRUST)
        self.paper.grid(("File", "SHA-256"), (25, 75), sorted(files.items()), "")

    def _customers(self) -> Iterable[Sequence[str]]:
        cards = list(self._cards())
        for token, known in self._dossier.customers.items():
            own = [(card, last4) for card, last4, holder, *_ in cards if holder == token]
            named = ", ".join(f"{card} (ends in {last4})" if last4 else card for card, last4 in own)
            yield token, known.time_zone if known else "not on record", named

    def _cards(self) -> Iterable[tuple[str, str, str, str, str]]:
        for row in self._dossier.subjects:
            kind, _, token = row["subject"].partition(":")
            if kind == "card":
                known = self._dossier.cards.get(token)
                yield (
                    token,
                    row["last4"] or (known.last4 if known else ""),
                    row["customer"] or (known.customer if known else "unknown"),
                    known.issued_branch if known else "not on record",
                    self._at(to_ms(known.issued_at)) if known else "",
                )

    def _checker(self, action: Action) -> str:
        if action.checker is None:
            return "nobody yet"
        return f"{action.checker}: {action.verdict}, {self._at(action.checked_at_ms)}"

    def _sentence(self, party: str) -> str:
        return tried_sentence(self._dossier.tried()[party], self._dossier.zone_of(party))

    def _at(self, at_ms: int | None) -> str:
        """Write a time as the desk's clock showed it, with its offset."""
        return "" if at_ms is None else from_ms(at_ms).astimezone(self._zone).isoformat(" ", "seconds")

    def _moment(self, written: str) -> str:
        """Write a time that an alert gives as ISO 8601."""
        return self._at(to_ms(datetime.fromisoformat(written)))
