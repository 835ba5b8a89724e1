"""What is looked at before an upgrade changes anything: one check a file, each bounded in time, none of which ever waits."""
