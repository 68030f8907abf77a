# checks of the tree itself
