"""Published trials and what a trial would be expected to show."""
