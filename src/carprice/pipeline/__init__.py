"""One function for each task of the pipeline, and the record of a run."""
