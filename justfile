# Every check that CI runs, under a name. `just` alone runs them all.

default: check

# what .ci/run runs
check: lint types contracts test

# style and common mistakes
lint:
    uv run ruff check
    uv run ruff format --check

# mend what ruff can mend
fix:
    uv run ruff check --fix
    uv run ruff format

# pyright, strict
types:
    uv run pyright

# which layer may import which
contracts:
    uv run lint-imports

test *ARGS:
    uv run pytest {{ARGS}}

# CPU time, latency, memory and start, beside the smallest possible relay; with what users install, no more
bench *ARGS:
    uv run --isolated --no-dev python -m bench.drive {{ARGS}}

# other gateways on the same load; --behaviour: on the same awkward answers. Installs them into bench/results
compare *ARGS:
    uv run --isolated --no-dev python -m bench.compare {{ARGS}}

# how far estimates are from a real tokenizer's count, on the recorded requests of Claude Code
estimates:
    uv run python -m tests.support.counted_prompts

# rewrite the expected files of the transcripts, for review in the diff
accept *CASES:
    uv run python -m tests.support.transcripts accept {{CASES}}

# run the proxy with the built-in demo model, without any key
demo:
    uv run dragoman serve

# build the documentation site into site/html; a warning is an error
site:
    uv run --group site python -m scripts.site_pages build

# show the documentation site, and follow what is written
site-serve:
    uv run --group site python -m scripts.site_pages serve

# draw pic.png again, after what it shows has changed
picture:
    uv run --group site python -m scripts.picture

# do what README.md and guides say in an empty home, then install the wheel with pip and try it
fresh:
    uv run python -m scripts.follow_readme README.md docs/guides/{setting-up,claude-code,channels}.md
    uv run python -m scripts.try_wheel

# generate docs/reference, docs/dialects and deploy
reference:
    uv run python -m scripts.settings_reference
    uv run python -m scripts.presets_page
    uv run python -m scripts.ledger_pages
    uv run python -m scripts.commands_reference
    uv run python -m scripts.deploy_files
