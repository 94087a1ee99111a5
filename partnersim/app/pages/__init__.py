"""The pages of the app, and what stands behind them: rooms, acts, views and files."""
