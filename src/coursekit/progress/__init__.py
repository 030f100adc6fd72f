"""The instructor's view: re-run the checks in a folder of students' notebooks."""
