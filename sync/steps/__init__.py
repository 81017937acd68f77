"""The pipeline's steps: functions from value to value. They know no database and not each other."""
