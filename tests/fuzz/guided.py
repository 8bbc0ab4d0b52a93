"""One fuzzer under atheris, in a process of its own: ``python -m tests.fuzz.guided NAME [options of libFuzzer]``."""

import logging
import sys


def main() -> None:
    """Run until an option, a find or a signal ends it."""
    import atheris

    name, *options = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    with atheris.instrument_imports(include=["pipelines"], enable_loader_override=False):
        from tests.fuzz.finding import fuzzer

        module = fuzzer(name)
        for seed in module.SEEDS:  # what is imported late, is imported here
            try:
                module.check(seed)
            except Exception:  # the fuzzer meets it again, and keeps it
                continue
    atheris.Setup([sys.argv[0], *options], module.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
