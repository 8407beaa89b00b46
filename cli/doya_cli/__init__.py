"""The shell of doya: click commands over the library."""
