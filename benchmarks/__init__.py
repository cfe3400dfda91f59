"""Speed and quality, measured against floors and oracles; not part of the product."""
