"""The device flow: reports of devices and uses of cards -> detectors by scope -> alerts -> case queue.

Bytewax's own runner starts it too, with inputs and store from the environment:
`python -m bytewax.run 'flows.device_watch:build("config/profiles/device_watch.yaml")'`.
"""

from bytewax.dataflow import Dataflow

from flows.environment import build_named


def build(profile: str) -> Dataflow:
    """Build the flow over the inputs and into the store that the environment names (RISKDESK_...)."""
    return build_named("device_watch", profile)
