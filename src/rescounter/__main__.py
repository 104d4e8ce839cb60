"""``python -m rescounter`` is the command ``rescounter``."""

from rescounter.cli import main

if __name__ == "__main__":
    main()
