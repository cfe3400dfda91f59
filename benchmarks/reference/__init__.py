"""The three detectors of the reference workload, in its semantics; the product's own differ on purpose."""
