"""What a run writes for one video, and masks in the forms that other tools take.

In come a segmented video and its masks, out come Parquet rows, PNG masks, overlay videos and the report's strip. What does
not belong here: finding masks, the report's page.
"""
