"""Two revisions measured side by side: `make bench-against REV=9f70c38`.

Both are driven through the front door, in processes that see the modules of their own revision
alone; what stands here knows neither's. A row is a line in `rows.ROWS` and a figure that one of the
functions there gives.
"""
