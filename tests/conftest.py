"""Programs that tests start in environments of their own are no tests themselves."""

collect_ignore = ["clients"]
