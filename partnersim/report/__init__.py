"""Reports of runs: tables, folders of results, notebooks, the demo."""
