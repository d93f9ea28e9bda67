"""Other products' words for ours: a newsroom keeps its CMS and changes one URL."""
