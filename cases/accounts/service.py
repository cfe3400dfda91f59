"""The accounts as one service: who may sign in, how they do, and what acts for them."""

from cases.accounts.enrolling import Enrolling
from cases.accounts.identities import Identities
from cases.accounts.keeping import Keeping
from cases.accounts.renewing import Renewing
from cases.accounts.sessions import Sessions
from cases.accounts.tokens import Tokens


class SqlAccounts(Renewing, Identities, Sessions, Enrolling, Keeping, Tokens):
    """The accounts of a store. Times are milliseconds since 1970; the caller says what time it is."""
