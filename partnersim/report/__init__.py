"""What is told of runs: tables, folders of results, notebooks, the demo."""
