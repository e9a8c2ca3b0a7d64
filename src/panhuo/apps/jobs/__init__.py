"""Work that takes longer than a page may: asked for in the browser, done by workers, watched, cancelled, done again."""
