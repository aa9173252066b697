"""The console command `melu` and its subcommands."""
