"""Tasks of people in a case: the open one, the taken one, and what an officer's result must say."""
