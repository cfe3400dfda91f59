"""The analyst's half: backtest, tune, diff, explain, shadow and their reports; all of them run the flow."""
