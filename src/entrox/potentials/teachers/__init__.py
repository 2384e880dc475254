"""What labels structures: toys, CHGNet, CP2K, any calculator of ASE; and labels of many structures."""
