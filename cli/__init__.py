"""The riskdesk command: parse, call, print."""
