"""What did you count in the host's terminal, for one orchestration that replays at every step?"""

BEGINS = 0  # How often did hello_cities begin at its first line?
ASKS_FOR_TOKYO = 0  # How often did it come to the line that asks for Tokyo?
GREETS_TOKYO = 0  # How often did the activity say_hello greet Tokyo?
