"""Who a job's alerts are posted to."""

from connectors.alert_webhook import AlertPost
from connectors.errors import WebhookError
from flows.desk_time import desk_now_ms
from flows.job import Job


def alert_post(job: Job) -> AlertPost | None:
    """Give what posts the alerts of a job, None where nobody is told.

    Raises WebhookError without the secret, ReceiverAddressError for an address or a secret that cannot be
    used.
    """
    if job.webhook is None:
        return None
    if job.webhook_secret is None:
        raise WebhookError("a webhook needs the shared secret with which alerts are signed: give its file")
    try:
        secret = job.webhook_secret.read_bytes().strip()
    except OSError as error:
        raise WebhookError(f"the webhook's secret cannot be read: {error}") from None
    return AlertPost(job.webhook, secret, desk_now_ms)
