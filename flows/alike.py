"""What must be the same on all machines of a cluster, told in few words."""

from hashlib import blake2b
from importlib.metadata import version

from config.profiles import Profile
from flows.job import Job
from flows.meeting import Alike
from flows.recovery import STATE_FORMAT


def describe(job: Job, profile: Profile, machines: int) -> Alike:
    """Describe a machine's job. Raises OSError when the profile or a table of it cannot be read."""
    # What lies in the file by now may not be what runs.
    text = job.profile.read_bytes() if job.profile_text is None else job.profile_text.encode()
    digest = blake2b(text, digest_size=16)
    for table in profile.tables:
        digest.update(table.read_bytes())
    outputs = {"queue": job.store, "alert file": job.alerts, "webhook": job.webhook}
    return Alike(
        version=version("riskdesk"),
        state_format=STATE_FORMAT,
        profile=digest.hexdigest(),
        inputs=(*map(str, job.inputs), *job.topics),
        outputs=" and ".join(name for name, given in outputs.items() if given is not None),
        machines=machines,
    )
