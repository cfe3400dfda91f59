"""The published protocol of the Fraud Detection Handbook, run online with the product's own learner."""
