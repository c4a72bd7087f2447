"""What a run returns and leaves behind: named quantities and run folders."""
