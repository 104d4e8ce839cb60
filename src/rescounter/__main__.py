"""``python -m rescounter`` is the command ``rescounter``."""

from rescounter.cli import program

if __name__ == "__main__":
    program()
