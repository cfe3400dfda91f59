"""Common points of compromise: the places that cards which turned bad have in common, learnt from labels."""
