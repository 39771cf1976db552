"""What people are told of an alert; each rule brings a sentence of its own."""

from carprice.language import Text

SUBJECT = Text("carprice : {name}", "carprice: {name}")
SUBJECT_OVER = Text("carprice : {name}, c'est fini", "carprice: {name} is over")
FIRED = Text(
    "{name} : {sentence} Premier pas : {runbook}", "{name}: {sentence} First step: {runbook}"
)
OVER = Text("{name} : c'est fini.", "{name}: it is over.")
MORE = Text("Et {count} autres.", "And {count} more.")
