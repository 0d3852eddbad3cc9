"""What an operator asks of a running gateway: is it healthy, ready, how much does it do."""
