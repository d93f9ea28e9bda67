"""Other products' words for ours: their clients call us, and find what they expect to the byte."""
