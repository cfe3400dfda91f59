"""Amounts that several detectors go by, in minor units of a currency."""

# What a card may take from machines in a day: 20,000 yuan in mainland China, elsewhere as banks there allow.
DAILY_CASH_LIMITS = {
    "CNY": 2_000_000,
    "HKD": 2_000_000,
    "TWD": 10_000_000,
    "JPY": 500_000,
    "KRW": 6_000_000,
    "SGD": 300_000,
    "USD": 100_000,
    "EUR": 100_000,
    "GBP": 50_000,
}
# What is paid to see whether a card works, at most.
TRIAL_AMOUNTS = {
    "CNY": 1_000,
    "HKD": 1_000,
    "TWD": 5_000,
    "JPY": 200,
    "KRW": 2_000,
    "SGD": 200,
    "USD": 200,
    "EUR": 200,
    "GBP": 200,
}
