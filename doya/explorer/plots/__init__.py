"""The plots of the explorer, one file each."""
