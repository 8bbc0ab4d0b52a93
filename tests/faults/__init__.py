"""What faults leave behind: one kind at a time, and schedules of nights with faults drawn from a seed."""
