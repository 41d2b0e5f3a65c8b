"""What people receive: letters and how they want them, subscriptions, minutes, rulings and debriefs as documents."""
