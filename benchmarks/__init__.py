"""The figures that Lessonstream promises, each measured beside its reference in one run. ``make bench`` runs all."""
