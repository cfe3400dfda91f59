"""Signing in at the bank's own place: going there, coming back, and being signed out from there."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

import msgspec
from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from cases.accounts.codes import hidden, opened
from cases.accounts.sessions import SignedIn
from cases.errors import CaseError, KeyTrouble, NotFound, SignInRefused
from desk.context import Context
from desk.guarding import Anybody, cookie_name
from desk.oidc import Identity, Provider, Visit
from desk.screens.sign_in import address_of, agent_of, asked, not_too_often, with_cookie, within

router = APIRouter()

_VISIT_MS = 10 * 60_000
# What the visit is encrypted for: in another's place it does not open.
_PURPOSE = "oidc visit"
_read = msgspec.json.Decoder(Visit).decode


@router.get("/oidc/begin")
def begin(
    here: Annotated[Context, Anybody()],
    next: str = "/",  # noqa: A002 - the query's name
    anew: bool = False,
) -> Response:
    """Send the person to the bank's sign-in; with `anew`, or from a locked session, to be asked again."""
    not_too_often(here)
    session, provider = here.session, _provider(here)
    own = session is not None and bool(session.user.issuer) and (anew or session.locked)
    address, visit = provider.begin(
        within(next),
        _back(here),
        here.now_ms + _VISIT_MS,
        anew=anew or (session is not None and session.locked),
        session=session.id if own and session is not None else "",
    )
    kept = urlsafe_b64encode(hidden(here.store.db.keys, msgspec.json.encode(visit).decode(), _PURPOSE))
    answer = RedirectResponse(address, 303)
    answer.set_cookie(
        _visit_name(here),
        kept.decode(),
        max_age=_VISIT_MS // 1000,
        path="/",
        secure=here.desk.settings.secure,
        httponly=True,
        # The bank's page leads back here, which a strict cookie would not live to see.
        samesite="lax",
    )
    return answer


@router.get("/oidc/back")
def back(
    here: Annotated[Context, Anybody()],
    state: str = "",
    code: str = "",
    error: str = "",
) -> Response:
    """Begin the session of whom the bank vouches for."""
    not_too_often(here)
    provider = _provider(here)
    try:
        visit = _visit(here)
        if visit is None or state != visit.state:
            raise SignInRefused("this is not the way back of a sign-in that began here; begin again")
        if error or not code:
            raise SignInRefused("the bank's sign-in let nobody in; begin again")
        identity = provider.identity(code, visit, _back(here))
        signed_in = _signed_in(here, provider, visit, identity)
    except CaseError as refusal:
        return _without_visit(here, asked(here, "/", status=401, words=here.words_of(refusal)))
    if here.session is not None and here.session.id != signed_in.session.id:
        here.store.accounts.sign_out(here.request.cookies[cookie_name(here.desk)], here.now_ms)
    # A strict cookie is not sent where another site's page leads: ours leads on instead of a redirection.
    page = here.page("sign_in/entered.html", next=within(visit.next))
    return _without_visit(here, with_cookie(here, signed_in, page))


@router.post("/oidc/signed-out")
def signed_out(here: Annotated[Context, Anybody()], logout_token: Annotated[str, Form()]) -> Response:
    """End the sessions of whom the bank's sign-in has signed out (back-channel logout)."""
    not_too_often(here)
    provider = _provider(here)
    try:
        subject = provider.ended(logout_token)
    except SignInRefused as refusal:
        return Response(str(refusal), 400)
    here.store.accounts.identity_signed_out(provider.settings.issuer, subject, here.now_ms)
    return Response(status_code=200)


def _signed_in(here: Context, provider: Provider, visit: Visit, identity: Identity) -> SignedIn:
    """Go on with the session that was to be proved anew, else begin one. Raises SignInRefused."""
    accounts, issuer = here.store.accounts, provider.settings.issuer
    if visit.session:
        signed_in = accounts.proved_by_identity(visit.session, issuer, identity.subject, here.now_ms)
        here.desk.proofs.keep(visit.session, here.now_ms)
        return signed_in
    return accounts.from_identity(
        issuer,
        identity.subject,
        identity.name,
        identity.groups,
        here.now_ms,
        ip=address_of(here),
        agent=agent_of(here),
    )


def _provider(here: Context) -> Provider:
    provider = here.desk.oidc
    if provider is None:
        raise NotFound("this desk has no sign-in of the bank; sign in with your password")
    return provider


def _back(here: Context) -> str:
    """Give where the provider sends the person back to, which it has on its list."""
    return f"{str(here.request.base_url).rstrip('/')}/oidc/back"


def _visit(here: Context) -> Visit | None:
    """Give the visit that this browser is on; None for none, another's, and one that took too long."""
    kept = here.request.cookies.get(_visit_name(here), "")
    try:
        visit = _read(opened(here.store.db.keys, urlsafe_b64decode(kept), _PURPOSE))
    except (KeyTrouble, ValueError, msgspec.DecodeError):
        return None
    return visit if here.now_ms < visit.until_ms else None


def _visit_name(here: Context) -> str:
    return "__Host-visit" if here.desk.settings.secure else "visit"


def _without_visit(here: Context, answer: Response) -> Response:
    answer.delete_cookie(_visit_name(here), path="/", secure=here.desk.settings.secure, httponly=True)
    return answer
