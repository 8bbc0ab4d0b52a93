"""What ``dagster dev`` loads: the definitions for the home folder that the environment names."""

from pipelines.orchestration.definitions import from_environment

definitions = from_environment()
