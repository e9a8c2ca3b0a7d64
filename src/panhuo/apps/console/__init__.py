"""The staff's screens: desks, components and the frame around them."""
