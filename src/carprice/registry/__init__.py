"""Runs, versions and stored models: the only importer of MLflow."""
